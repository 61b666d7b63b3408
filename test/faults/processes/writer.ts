/** A process of the lab that writes and reads without end, by repositories or by SQL, until it is stopped, killed, or its parent is gone. */
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { Ledger } from '../ledger/ledger.ts'
import type { OpenStore, RowStore } from '../subjects/row-store.ts'
import type { Assignment, Order, Report } from './orders.ts'
import { Traffic } from './traffic.ts'

const reportEveryMs = 100
const startAgainMs = 100
const hangingMs = 10_000
/** So many of each process, which is enough to see every kind. */
const errorsToShow = 20
let shownErrors = 0

const assignment = JSON.parse(process.argv[2] ?? '{}') as Assignment
process.once('disconnect', () => process.exit())
process.on('SIGINT', () => undefined)

const { open } = (await import(`../subjects/${assignment.subject}/${assignment.kind}.ts`)) as { open: OpenStore }
const store = await opened()
const ledger = new Ledger(assignment.ledgers, `${assignment.name}.${assignment.incarnation}`)
const traffic = new Traffic(store, ledger, assignment, showError)
process.on('message', (order: Order) => void obey(order))
setInterval(() => report({ report: 'traffic', requests: traffic.requests }), reportEveryMs)
traffic.start()
report({ report: 'serving' })

/** A service that comes up while the database is away is started again, as by whoever looks after it. */
async function opened(): Promise<RowStore> {
  for (;;) {
    try {
      return await open({ ...assignment, log: (line) => console.log(line) })
    } catch (error) {
      console.error(error)
      await sleep(startAgainMs)
    }
  }
}

/** Everything that the toolkit throws may be logged at any depth; what the lab's own SQL throws holds values, as pg's errors do. */
function showError(error: unknown): void {
  if (assignment.kind !== 'aware' || shownErrors === errorsToShow) return
  shownErrors += 1
  console.error(inspect(error, { depth: 10, showHidden: true }))
}

async function obey(order: Order): Promise<void> {
  switch (order.order) {
    case 'contend':
      return traffic.contend(order.isolation, order.times, order.keys)
    case 'amend':
      return traffic.amend(order.times, order.thinkMs)
    case 'stop':
      setTimeout(() => console.error('still waits for:', [...traffic.underWay.values()].join(', ')), hangingMs).unref()
      await traffic.stop()
      report({ report: 'traffic', requests: traffic.requests })
      ledger.close()
      await store.close().catch(() => undefined)
      process.exit()
  }
}

function report(message: Report): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}
