import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const example = fileURLToPath(new URL('..', import.meta.url))
/** What `npx expand-contract` starts. */
const program = fileURLToPath(
  new URL('./dist/src/cli/main.js', import.meta.resolve('drizzle-expand-contract/package.json')),
)

export interface CommandResult {
  /** 0 ok, 2 something blocks the step; null where the process was killed. */
  readonly code: number | null
  /** The JSON document that the command printed, empty where it printed none. */
  readonly json: CommandJson
}

/** The parts of the command line's JSON that the demo reads. */
export interface CommandJson {
  readonly phase?: string
  readonly verifiedRows?: number | null
  readonly hold?: string | null
  readonly blockedBy?: readonly { readonly guard: string; readonly reason: string }[]
  readonly unawareWriters?: readonly string[]
  readonly next?: { readonly kind: string; readonly does: string }
  readonly changes?: readonly CommandJson[]
  readonly history?: readonly { readonly action: string; readonly fromPhase: string; readonly toPhase: string }[]
  readonly error?: { readonly code: string; readonly message: string; readonly fix: string }
  /** Of `backfill`. */
  readonly resumed?: boolean
  readonly rowsSeen?: number
}

/** The real command line, each call a process of its own. */
export class CommandLine {
  readonly #url: string
  readonly #running = new Set<ChildProcess>()

  constructor(url: string) {
    this.#url = url
  }

  run(...args: readonly string[]): Promise<CommandResult> {
    return this.start(...args).result
  }

  /** Starts a command that may be killed on its way. */
  start(...args: readonly string[]): { readonly process: ChildProcess; readonly result: Promise<CommandResult> } {
    const child = spawn(process.execPath, [program, ...args, '--json'], {
      cwd: example,
      env: { ...process.env, DATABASE_URL: this.#url },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running.add(child)
    let output = ''
    let errors = ''
    child.stdout.on('data', (text) => {
      output += text
    })
    child.stderr.on('data', (text) => {
      errors += text
    })
    const result = new Promise<CommandResult>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        this.#running.delete(child)
        const last = output.trimEnd().split('\n').at(-1) ?? ''
        if (code !== null && last === '') reject(new Error(`expand-contract ${args.join(' ')} said nothing: ${errors}`))
        else resolve({ code, json: last === '' ? {} : (JSON.parse(last) as CommandJson) })
      })
    })
    return { process: child, result }
  }

  /** Ends all commands at once, for when the demo itself is interrupted. */
  kill(): void {
    for (const child of this.#running) child.kill('SIGKILL')
  }
}
