import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { runBackfill } from '../../../src/backfill/index.ts'
import type { FillDirection } from '../../../src/control/change-row.ts'
import { createSubject, type Subject, url } from './subject.ts'

const rows = 20_000
const pageRows = 100

test.for([
  ['forward', 'dual-write', 'old', 'next'],
  ['forward', 'dual-write', 'old', 'next'],
  ['reverse', 'read-new', 'next', 'old'],
] as const)(
  'a killed process loses the page that it had not committed, and no more (%s)',
  async ([direction, phase, from, to]) => {
    const subject = await createSubject({
      fill: [`INSERT INTO % (id, ${from}) SELECT n, 'v' || n FROM generate_series(1, ${rows}) n`],
      phase,
    })
    const killAfter = Math.floor(rows * (0.1 + 0.6 * Math.random()))
    await killWhile(subject, direction, async () => ((await subject.runs())[0]?.rowsSeen ?? 0) < killAfter)

    const [run] = await subject.runs()
    const seen = run!.rowsSeen
    expect(seen, `killed after ${killAfter} rows`).toBeGreaterThanOrEqual(killAfter)
    expect(seen).toBeLessThan(rows)
    expect(run).toMatchObject({ state: 'running', cursor: [String(seen)], rowsChanged: seen, pages: seen / pageRows })
    // What is filled is what the checkpoint says, to the row: nothing of it is done again.
    expect(
      await subject.query(`SELECT count(*)::int AS filled, max(id)::int AS last FROM % WHERE ${to} IS NOT NULL`),
    ).toEqual([{ filled: seen, last: seen }])

    const result = await runBackfill(subject.session, subject.change, subject.sides, { pageRows, direction })

    expect(result).toMatchObject({
      outcome: 'done',
      resumed: true,
      run: run!.run,
      rowsSeen: rows,
      rowsChanged: rows,
      pages: rows / pageRows,
    })
    expect(await subject.differing()).toBe(0)
  },
)

/** Starts a worker and kills it as soon as a condition does not hold any more; resolves when its session is gone. */
async function killWhile(subject: Subject, direction: FillDirection, condition: () => Promise<boolean>): Promise<void> {
  const script = fileURLToPath(new URL('worker.ts', import.meta.url))
  const worker = spawn(process.execPath, [script, url, subject.table, String(pageRows), direction], {
    stdio: 'inherit',
  })
  const ended = once(worker, 'exit')
  onTestFinished(() => void worker.kill('SIGKILL'))
  while (await condition()) if (worker.exitCode !== null) throw new Error('the worker ended before it was killed')
  worker.kill('SIGKILL')
  await ended
  const session = `SELECT FROM pg_stat_activity WHERE application_name = 'worker of %'`
  await expect.poll(() => subject.query(session), { interval: 5, timeout: 5_000 }).toEqual([])
}
