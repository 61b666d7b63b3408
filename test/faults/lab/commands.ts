import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Keeper } from './keeper.ts'
import type { Outputs } from './outputs.ts'

/** What `npx expand-contract` starts. */
const program = fileURLToPath(
  new URL('./dist/src/cli/main.js', import.meta.resolve('drizzle-expand-contract/package.json')),
)

/** The parts of the command line's JSON that the lab reads. */
export interface CommandJson {
  readonly phase?: string
  readonly epoch?: number
  readonly blockedBy?: readonly { readonly guard: string; readonly kind: string; readonly reason: string }[]
  readonly next?: { readonly kind: string; readonly to?: string }
  readonly undo?: { readonly does: string } | null
  readonly mismatches?: number
  readonly rows?: number
  readonly outcome?: string
  readonly error?: { readonly code: string; readonly message: string; readonly fix: string }
}

export interface CommandResult {
  readonly command: string
  /** Null where the process was killed. */
  readonly code: number | null
  /** The document of `--json`, empty where it printed none. */
  readonly json: CommandJson
  readonly said: string
}

/** A command that runs. */
export interface RunningCommand {
  readonly args: readonly string[]
  readonly child: ChildProcess
}

/** So long a command may take before it counts as hanging. */
const patienceMs = 60_000

/** The real command line, each call a process of its own. */
export class Commands {
  readonly #folder: string
  readonly #environment: NodeJS.ProcessEnv
  readonly #keeper: Keeper
  readonly #outputs: Outputs
  readonly running = new Set<RunningCommand>()
  /** Commands that had to be ended because they did not end. */
  readonly hanging: string[] = []
  count = 0

  /** @param folder of the users' project, with its configuration. */
  constructor(folder: string, environment: NodeJS.ProcessEnv, keeper: Keeper, outputs: Outputs) {
    this.#folder = folder
    this.#environment = environment
    this.#keeper = keeper
    this.#outputs = outputs
  }

  run(...args: readonly string[]): Promise<CommandResult> {
    this.count += 1
    const command = `expand-contract ${args.join(' ')}`
    const child = spawn(process.execPath, [program, ...args, '--json'], {
      cwd: this.#folder,
      env: { ...this.#environment, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#keeper.keep(child)
    const said = this.#outputs.listen(command, child.stdout, child.stderr)
    const running = { args, child }
    this.running.add(running)
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    const patience = setTimeout(() => {
      this.hanging.push(command)
      child.kill('SIGKILL')
    }, patienceMs)
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        clearTimeout(patience)
        this.running.delete(running)
        resolve({ command, code, json: lastDocument(output), said: said() })
      })
    })
  }

  /** Ends all commands at once. */
  kill(): void {
    for (const { child } of this.running) child.kill('SIGKILL')
  }
}

/** A killed command may have left half a line. */
function lastDocument(output: string): CommandJson {
  try {
    return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as CommandJson
  } catch {
    return {}
  }
}
