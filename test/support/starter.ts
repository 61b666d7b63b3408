// A program that starts a scratch server and ends in the way it is told: the subject of test/integration/scratch.
import { once } from 'node:events'
import { startScratchServer } from '../../src/scratch/index.ts'

const server = await startScratchServer()
console.log(JSON.stringify({ url: server.url, pid: server.pid, directory: server.directory }))

const [command] = await once(process.stdin, 'data')
const endings: Readonly<Record<string, () => unknown>> = {
  stop: () => server.stop(),
  exit: () => process.exit(0),
  throw: () => {
    throw new Error('an error that nobody expected')
  },
  forget: () => {},
}
await endings[String(command).trim()]?.()
