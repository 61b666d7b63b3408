import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** A process of this machine and its command line, arguments separated by blanks. */
export interface Process {
  readonly pid: number
  readonly command: string
}

/** Slim containers have no `ps`, macOS has no `/proc`. */
const hasProc = existsSync('/proc/self/stat')

/** The processes of this machine that run; one that has ended and waits to be collected is left out. */
export function runningProcesses(): Process[] {
  if (!hasProc) {
    return execFileSync('ps', ['-A', '-ww', '-o', 'pid=,command='], { encoding: 'utf8', env: { LC_ALL: 'C' } })
      .split('\n')
      .map((line) => /^\s*(\d+)\s+(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map((match) => ({ pid: Number(match[1]), command: match[2] ?? '' }))
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: readProc(`${name}/cmdline`).replaceAll('\0', ' ').trim() }))
    .filter(({ command }) => command !== '')
}

/**
 * When a process started, in a form that only compares for equality; undefined where no such process runs.
 * Together with the id it names a process for good, whereas an id alone is given out again.
 */
export function startOf(pid: number): string | undefined {
  if (!hasProc) {
    try {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { LC_ALL: 'C' } }).trim()
    } catch {
      return undefined
    }
  }
  // proc(5): the second field is the command in parentheses and may hold anything; the third is the state, the 22nd the start.
  const stat = readProc(`${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, start] = [fields[0], fields[19]]
  return state === 'Z' ? undefined : start
}

/** Sends a signal; a process that has ended meanwhile is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** A process may end between being listed and being read. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return ''
  }
}
