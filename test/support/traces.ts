import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, vi } from 'vitest'
import { type Process, runningProcesses } from '../../src/scratch/processes.ts'

/** The directories of scratch servers in a temp directory. */
export function serverDirectories(temporary: string): string[] {
  return readdirSync(temporary)
    .filter((name) => name.startsWith('expand-contract-'))
    .map((name) => join(temporary, name))
}

/** Every process and every file that came of starting scratch servers in a temp directory, the starter included. */
export function tracesOf(temporary: string): string[] {
  return [...processesOf(temporary).map(({ command }) => command), ...serverDirectories(temporary)]
}

/** The starter, its supervisor, and the processes of the server. */
export function processesOf(temporary: string): Process[] {
  const names = [temporary, ...serverDirectories(temporary).map((directory) => basename(directory))]
  return runningProcesses().filter(({ pid, command }) => {
    const text = [command, workingDirectory(pid), environment(pid)].join('\n')
    return names.some((name) => text.includes(name))
  })
}

/** Waits until no process and no file is left. */
export async function expectNoTraces(temporary: string): Promise<void> {
  await vi.waitFor(() => expect(tracesOf(temporary)).toEqual([]), { timeout: 15_000, interval: 50 })
}

/** Polls until there is a result, and returns it. */
export function eventually<T>(find: () => T | undefined): Promise<T> {
  return vi.waitFor(
    () => {
      const found = find()
      if (found === undefined) throw new Error('It did not come to pass in time.')
      return found
    },
    { timeout: 15_000, interval: 20 },
  )
}

/** The processes that made the System V shared memory segments of this machine; empty where it does not tell (macOS). */
export function segmentCreators(): number[] {
  const lines = attempt(() => readFileSync('/proc/sysvipc/shm', 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
  return lines.map((line) => Number(line.trim().split(/\s+/)[4]))
}

/** Empty where the system does not tell (macOS), where we may not know, and where the process has just ended. */
function workingDirectory(pid: number): string {
  return attempt(() => readlinkSync(`/proc/${pid}/cwd`))
}

function environment(pid: number): string {
  return attempt(() => readFileSync(`/proc/${pid}/environ`, 'utf8'))
}

function attempt(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
