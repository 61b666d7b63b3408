/**
 * The process that stands between a scratch server and whoever started it.
 *
 * The starter holds the other end of the channel. However it ends, also by SIGKILL, the system closes that end, and the
 * supervisor stops the server and removes its directory. It is started in a session of its own, so that Ctrl-C in the
 * starter's terminal does not reach it and the server goes down in order.
 */
import { lacksAccount, serverAccount } from './account.ts'
import { prepareBinaries } from './binaries.ts'
import { Cluster, clusterSettings } from './cluster.ts'
import { createDirectory, removeDirectory, removeLeftovers } from './directory.ts'
import { ProblemError, problems } from './problem.ts'
import type { Answer, Command } from './protocol.ts'
import { settingsOf } from './settings.ts'

let directory: string | undefined
let cluster: Cluster | undefined
let ending: Promise<void> | undefined

async function obey(command: Command): Promise<{ port: number; pid: number }> {
  if (command.do === 'create') return create(command)
  if (cluster === undefined) throw new ProblemError(problems.stopped())
  if (command.do === 'start') return cluster.start()
  await cluster.crash()
  return { port: 0, pid: 0 }
}

async function create({ installation, options }: Command & { do: 'create' }): Promise<{ port: number; pid: number }> {
  if (lacksAccount()) throw new ProblemError(problems.accountMissing())
  const account = serverAccount()
  await removeLeftovers(account)
  directory = createDirectory(account)
  cluster = new Cluster(directory, prepareBinaries(installation, account, directory), account)
  await cluster.initialise(new Map([...settingsOf(options), ...clusterSettings(directory)]))
  return cluster.start()
}

async function answer(command: Command): Promise<Answer> {
  try {
    return { directory: directory ?? '', ...(await obey(command)) }
  } catch (error) {
    if (error instanceof ProblemError) return { failed: error.problem }
    return { failed: problems.programFailed('the scratch server', error instanceof Error ? error.message : 'unknown') }
  }
}

function end(exitCode: number): void {
  ending ??= (cluster?.remove() ?? (directory === undefined ? Promise.resolve() : removeDirectory(directory))).then(
    () => process.exit(exitCode),
    () => process.exit(1),
  )
}

// Readable to the account that runs the server, whatever the umask of the starter.
process.umask(0o022)
process.on('disconnect', () => end(0))
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end(0))
process.on('uncaughtException', () => end(1))
process.on('message', async (command: Command) => {
  const reply = await answer(command)
  if (process.connected) process.send?.(reply, () => {})
})
// The starter may have ended before anybody listened.
if (!process.connected) end(0)
