import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { runBackfill } from '../../../src/backfill/index.ts'
import { createSubject, type Subject, url } from './subject.ts'

const rows = 20_000
const pageRows = 100

test.for([1, 2, 3])('a killed process loses the page that it had not committed, and no more (%i)', async () => {
  const subject = await createSubject({
    fill: [`INSERT INTO % SELECT n, 'v' || n FROM generate_series(1, ${rows}) n`],
  })
  const killAfter = Math.floor(rows * (0.1 + 0.6 * Math.random()))
  await killWhile(subject, async () => ((await subject.runs())[0]?.rowsSeen ?? 0) < killAfter)

  const [run] = await subject.runs()
  const seen = run!.rowsSeen
  expect(seen, `killed after ${killAfter} rows`).toBeGreaterThanOrEqual(killAfter)
  expect(seen).toBeLessThan(rows)
  expect(run).toMatchObject({ state: 'running', cursor: [String(seen)], rowsChanged: seen, pages: seen / pageRows })
  // What is filled is what the checkpoint says, to the row: nothing of it is done again.
  expect(
    await subject.query('SELECT count(*)::int AS filled, max(id)::int AS last FROM % WHERE next IS NOT NULL'),
  ).toEqual([{ filled: seen, last: seen }])

  const result = await runBackfill(subject.session, subject.change, subject.sides, { pageRows })

  expect(result).toMatchObject({
    outcome: 'done',
    resumed: true,
    run: run!.run,
    rowsSeen: rows,
    rowsChanged: rows,
    pages: rows / pageRows,
  })
  expect(await subject.differing()).toBe(0)
})

/** Starts a worker and kills it as soon as a condition does not hold any more; resolves when its session is gone. */
async function killWhile(subject: Subject, condition: () => Promise<boolean>): Promise<void> {
  const script = fileURLToPath(new URL('worker.ts', import.meta.url))
  const worker = spawn(process.execPath, [script, url, subject.table, String(pageRows)], { stdio: 'inherit' })
  const ended = once(worker, 'exit')
  onTestFinished(() => void worker.kill('SIGKILL'))
  while (await condition()) if (worker.exitCode !== null) throw new Error('the worker ended before it was killed')
  worker.kill('SIGKILL')
  await ended
  const session = `SELECT FROM pg_stat_activity WHERE application_name = 'worker of %'`
  await expect.poll(() => subject.query(session), { interval: 5, timeout: 5_000 }).toEqual([])
}
