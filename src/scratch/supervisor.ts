/**
 * The process that stands between a scratch server and whoever started it.
 *
 * The starter holds the other end of the channel. However it ends, also by SIGKILL, the system closes that end, and the
 * supervisor stops the server and removes its directory. It runs in a session of its own, so that Ctrl-C in the
 * starter's terminal does not reach it and the server goes down in order.
 */
import { serverAccount } from './account.ts'
import { prepareBinaries } from './binaries.ts'
import { Cluster } from './cluster.ts'
import { clusterNameOf, createDirectory } from './directory.ts'
import { removeLeftovers } from './leftovers.ts'
import { ProblemError, problems } from './problem.ts'
import type { Answer, Command, RunningServer } from './protocol.ts'
import { removeDirectory } from './removal.ts'
import { type ServerOptions, settingsOf } from './settings.ts'

let directory: string | undefined
let cluster: Cluster | undefined
let lastAnswer: Promise<unknown> = Promise.resolve()
let isEnding = false

async function obey(command: Command): Promise<RunningServer> {
  if (command.do === 'create') return create(command.installation, command.options)
  if (cluster === undefined) throw new ProblemError(problems.stopped())
  return command.do === 'start' ? cluster.start() : cluster.crash()
}

async function create(installation: string, options: ServerOptions): Promise<RunningServer> {
  const account = serverAccount()
  await removeLeftovers(account)
  directory = createDirectory(account)
  cluster = new Cluster(directory, prepareBinaries(installation, account, directory), account)
  await cluster.initialise(settingsOf(options, clusterNameOf(directory)))
  return cluster.start()
}

async function answer(command: Command): Promise<Answer> {
  try {
    return { server: await obey(command) }
  } catch (error) {
    if (error instanceof ProblemError) return { failed: error.problem }
    return { failed: problems.programFailed('The scratch server', error instanceof Error ? error.message : 'unknown') }
  }
}

async function removeAll(): Promise<void> {
  if (cluster !== undefined) await cluster.remove()
  else if (directory !== undefined) await removeDirectory(directory)
}

function end(exitCode: number): void {
  if (isEnding) return
  isEnding = true
  removeAll().then(
    () => process.exit(exitCode),
    () => process.exit(1),
  )
}

// What we make is readable to the account that runs the server, whatever the umask of the starter.
process.umask(0o022)
process.on('disconnect', () => end(0))
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end(0))
process.on('uncaughtException', () => end(1))
process.on('message', (command: Command) => {
  lastAnswer = lastAnswer.then(async () => {
    const reply = await answer(command)
    if (process.connected) process.send?.(reply, () => {})
  })
})
// The starter may have ended before anybody listened.
if (!process.connected) end(0)
