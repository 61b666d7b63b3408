import { KeySpace } from './keys.ts'
import { Ledger } from './ledger.ts'
import type { Order, Report } from './messages.ts'
import { Traffic } from './traffic.ts'
import type { UserStore } from './user-store.ts'

export interface Service {
  readonly store: UserStore
  /** Called when the director turns the read flag. */
  readonly onFlag?: (percent: number) => void
  /** Called when all requests have their answers. */
  readonly close: () => Promise<void>
}

/** What the director tells each process on its command line. */
interface Assignment {
  readonly writer: string
  readonly ledgers: string
  readonly rows: number
  readonly number: number
  readonly writers: number
  readonly requestsPerSecond: number
}

const reportEveryMs = 100

/** Puts a process of the service under traffic until the director stops it, or is gone itself. */
export async function serve({ store, onFlag, close }: Service): Promise<void> {
  const { writer, ledgers, rows, number, writers, requestsPerSecond } = assignment()
  const ledger = new Ledger(ledgers, writer)
  const traffic = new Traffic({ writer, store, keys: new KeySpace(rows, number, writers), ledger, requestsPerSecond })
  const reportTraffic = (): void => report({ report: 'traffic', requests: traffic.requests, failed: traffic.failed })
  const reporting = setInterval(reportTraffic, reportEveryMs)

  const stop = async (): Promise<void> => {
    await traffic.stop()
    clearInterval(reporting)
    reportTraffic()
    ledger.close()
    await close()
    process.disconnect()
  }
  process.on('message', (message: Order) => {
    if (message.order === 'flag') onFlag?.(message.percent)
    else void stop()
  })
  // Ctrl-C reaches the whole process group; the director ends its processes itself.
  process.on('SIGINT', () => {})
  process.once('disconnect', () => process.exit())
  report({ report: 'serving' })
}

export function report(message: Report): void {
  // Where the director is gone, this process is about to end, too.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

function assignment(): Assignment {
  return JSON.parse(process.argv[2] ?? '{}') as Assignment
}
