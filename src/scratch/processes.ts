import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** A process of this machine. */
export interface Process {
  readonly pid: number
  /** Of the process that leads its group. */
  readonly group: number
  /** The command line, arguments separated by blanks. */
  readonly command: string
}

/** Slim containers have no `ps`, macOS has no `/proc`. */
const hasProc = existsSync('/proc/self/stat')

/** The processes of this machine that run; one that has ended and waits to be collected is left out. */
export function runningProcesses(): Process[] {
  if (!hasProc) return processesOfPs()
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({
      pid: Number(name),
      group: Number(statusFields(name)[2]),
      command: readProc(`${name}/cmdline`).replaceAll('\0', ' ').trim(),
    }))
    .filter(({ command }) => command !== '')
}

function processesOfPs(): Process[] {
  return execFileSync('ps', ['-A', '-ww', '-o', 'pid=,pgid=,command='], { encoding: 'utf8', env: { LC_ALL: 'C' } })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, group, command]) => ({ pid: Number(pid), group: Number(group), command: command ?? '' }))
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
  const fields = statusFields(pid)
  const [state, start] = [fields[0], fields[19]]
  return state === 'Z' ? undefined : start
}

/** The status of a process from its third field on; the second is its name, which may hold blanks (see proc(5)). */
function statusFields(pid: number | string): string[] {
  const status = readProc(`${pid}/stat`)
  return status.slice(status.lastIndexOf(')') + 2).split(' ')
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
