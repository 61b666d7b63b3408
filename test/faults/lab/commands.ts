import { type ChildProcess, fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Call, CallEnded } from '../processes/calls.ts'
import type { Direction } from '../processes/crowd.ts'
import type { Chronicle } from './chronicle.ts'
import { letActAtOnce } from './crowd.ts'
import type { Keeper } from './keeper.ts'
import type { Outputs } from './outputs.ts'

/** What `npx expand-contract` starts. */
const program = fileURLToPath(
  new URL('./dist/src/cli/main.js', import.meta.resolve('drizzle-expand-contract/package.json')),
)
const stayingProgram = fileURLToPath(new URL('../processes/operator.ts', import.meta.url))

/** The parts of the command line's JSON that the lab reads. */
export interface CommandJson {
  readonly phase?: string
  readonly epoch?: number
  readonly blockedBy?: readonly { readonly guard: string; readonly kind: string; readonly reason: string }[]
  readonly next?: { readonly kind: string; readonly to?: string }
  readonly mismatches?: number
  readonly outcome?: string
  readonly error?: { readonly code: string; readonly message: string; readonly fix: string }
}

export interface CommandResult {
  readonly command: string
  /** Null where the process was killed. */
  readonly code: number | null
  /** The document of `--json`, empty where it printed none. */
  readonly json: CommandJson
  /** The last of everything that it printed. */
  readonly said: string
}

/** A command, and the process that it runs in. */
export interface RunningCommand {
  readonly args: readonly string[]
  readonly child: ChildProcess
}

/** What commands are started with. */
export interface CommandsOptions {
  /** Of the users' project, with its configuration. */
  readonly folder: string
  readonly environment: NodeJS.ProcessEnv
  readonly keeper: Keeper
  readonly outputs: Outputs
  readonly chronicle: Chronicle
  /** Says who waits for whom in the database, for when a command hangs. */
  readonly diagnose: () => Promise<string>
}

/** So long a command may take before it counts as hanging. */
const patienceMs = 60_000

/** The real command line. */
export class Commands {
  readonly #options: CommandsOptions
  readonly running = new Set<RunningCommand>()
  /** Commands that had to be ended because they did not end. */
  readonly hanging: string[] = []
  #staying: ChildProcess | undefined
  #stayingSaid: () => string = () => ''
  count = 0

  constructor(options: CommandsOptions) {
    this.#options = options
  }

  /** A call in a process of its own, which may be killed on its way. */
  run(...args: readonly string[]): Promise<CommandResult> {
    const { folder, environment, keeper, outputs } = this.#options
    const child = spawn(process.execPath, [program, ...args, '--json'], {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    keeper.keep(child)
    const said = outputs.listen(inWords(args), child.stdout, child.stderr)
    let printed = ''
    child.stdout.on('data', (chunk) => {
      printed += chunk
    })
    return this.#patiently(args, child, (end) => {
      child.once('close', (code) => end({ code, printed, said: said() }))
    })
  }

  /** A call in a process that stays, which takes a fifth of the time. One at a time. */
  call(...args: readonly string[]): Promise<CommandResult> {
    const child = this.#stayingProcess()
    const call: Call = { number: this.count, args: [...args, '--json'] }
    return this.#patiently(args, child, (end) => {
      const hear = ({ number, code, printed }: CallEnded): void => {
        if (number !== call.number) return
        child.off('exit', die).off('message', hear)
        end({ code, printed, said: printed })
      }
      const die = (): void => {
        child.off('message', hear)
        end({ code: null, printed: '', said: this.#stayingSaid() })
      }
      child.on('message', hear).once('exit', die)
      // Where it has just been killed, its end is the answer.
      child.send(call, () => undefined)
    })
  }

  /** Operators that act at the same moment. @returns how each of them fared. */
  atOnce(change: string, directions: readonly Direction[]): Promise<readonly string[]> {
    return letActAtOnce(this.#options, change, directions)
  }

  /** Ends everything at once. */
  kill(): void {
    for (const { child } of this.running) child.kill('SIGKILL')
    this.#staying?.kill('SIGKILL')
  }

  #stayingProcess(): ChildProcess {
    if (this.#staying !== undefined) return this.#staying
    const { folder, environment, keeper, outputs } = this.#options
    const child = fork(stayingProgram, [], {
      cwd: folder,
      env: environment,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    keeper.keep(child)
    child.once('exit', () => {
      this.#staying = undefined
    })
    this.#stayingSaid = outputs.listen('expand-contract', child.stdout, child.stderr)
    this.#staying = child
    return child
  }

  async #patiently(
    args: readonly string[],
    child: ChildProcess,
    work: (end: (ended: Pick<CommandResult, 'code' | 'said'> & { readonly printed: string }) => void) => void,
  ): Promise<CommandResult> {
    this.count += 1
    const command = inWords(args)
    const running = { args, child }
    this.running.add(running)
    const patience = setTimeout(async () => {
      this.hanging.push(`${command} did not end: ${await this.#options.diagnose()}`)
      child.kill('SIGKILL')
    }, patienceMs)
    const { code, said, printed } = await new Promise<Parameters<Parameters<typeof work>[0]>[0]>(work)
    clearTimeout(patience)
    this.running.delete(running)
    const result = { command, code, json: lastDocument(printed), said }
    this.#options.chronicle.tell(`${command}: ${endInWords(result)}`)
    return result
  }
}

function inWords(args: readonly string[]): string {
  return `expand-contract ${args.map((argument) => (argument.includes(' ') ? `'${argument}'` : argument)).join(' ')}`
}

function endInWords({ code, json: { phase, error, blockedBy = [] } }: CommandResult): string {
  const reasons = [
    ...(error === undefined ? [] : [`${error.code} ${error.message}`]),
    ...new Set(blockedBy.map(({ guard }) => guard)),
  ]
  return [code === null ? 'killed' : `exit ${code}`, ...(phase === undefined ? [] : [phase]), ...reasons].join(', ')
}

/** A killed command may have left half a line. */
function lastDocument(printed: string): CommandJson {
  try {
    return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '') as CommandJson
  } catch {
    return {}
  }
}
