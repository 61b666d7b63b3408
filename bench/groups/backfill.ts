import type { Bench } from '../harness/bench.ts'
import type { Group, Measurement, Row } from '../harness/group.ts'
import { exponentOf, median, ratioOfMedians } from '../harness/statistics.ts'
import { createTemplate, type Fill, fillSeries, type Series } from '../subject/backfill-series.ts'
import { type Kill, killBackfill } from '../subject/killed-backfill.ts'

const rows = {
  sameRow: {
    name: 'backfill.same_row',
    compares:
      'Speed of a backfill with checkpoints and progress, against the raw loop L over the same table and trigger',
    unit: '× L',
    target: { atLeast: 0.9 },
  },
  rerun: {
    name: 'backfill.rerun',
    compares: 'Time to walk a table that is filled already, and vacuumed since, against the time to fill it',
    unit: '× first run',
    target: { atMost: 0.05 },
  },
  wal: {
    name: 'backfill.wal',
    compares: 'WAL written by a backfill, against that of the raw loop L',
    unit: '× L',
    target: { atMost: 1.05 },
  },
  exponent: {
    name: 'backfill.exponent',
    compares: 'k of time ~ rows^k over tables of a hundredth, a tenth and all of the rows',
    unit: '',
    target: { atMost: 1.08 },
  },
  redoPagesAfterKill: {
    name: 'backfill.redo_pages_after_kill',
    compares: 'Pages written twice because a process was killed by SIGKILL in between; the most of all kills',
    unit: 'pages',
    target: { atMost: 1 },
  },
} as const satisfies Record<string, Row>

async function* measure(bench: Bench): AsyncIterable<Measurement> {
  const tenth = Math.round(bench.rows / 10)
  const sizes = [Math.round(bench.rows / 100), tenth, bench.rows]
  const series: Series[] = []
  for (const size of sizes) {
    bench.note(`backfill: filling ${size.toLocaleString('en-US')} rows`)
    series.push(await fillSeries(bench, size))
  }
  const largest = series.at(-1)!
  yield sameRow(largest)
  yield rerun(largest)
  yield wal(largest)
  yield exponent(series)
  bench.note('backfill: killing it')
  yield redoPagesAfterKill(await killSeveralTimes(bench, tenth))
}

export default { rows: Object.values(rows), measure } satisfies Group

const ms = (fills: readonly Fill[]) => fills.map((fill) => fill.ms)
const againMs = (fills: readonly Fill[]) => fills.map((fill) => fill.againMs)
const walBytes = (fills: readonly Fill[]) => fills.map((fill) => fill.walBytes)

function sameRow({ rows: count, ours, raw, rawWithoutTrigger }: Series): Measurement {
  const rowsPerSecond = (fills: readonly Fill[]) => (count * 1000) / median(ms(fills))
  return {
    row: rows.sameRow,
    value: ratioOfMedians(ms(raw), ms(ours)),
    raw: {
      ours_rows_per_s: rowsPerSecond(ours),
      raw_rows_per_s: rowsPerSecond(raw),
      raw_without_trigger_rows_per_s: rowsPerSecond(rawWithoutTrigger),
      ours_ms: ms(ours),
      raw_ms: ms(raw),
      raw_without_trigger_ms: ms(rawWithoutTrigger),
    },
  }
}

function rerun({ ours, raw }: Series): Measurement {
  return {
    row: rows.rerun,
    value: ratioOfMedians(againMs(ours), ms(ours)),
    raw: {
      raw_ratio: ratioOfMedians(againMs(raw), ms(raw)),
      first_ms: ms(ours),
      again_ms: againMs(ours),
      raw_again_ms: againMs(raw),
      again_without_vacuum_ms: ours.map((fill) => fill.againAtOnceMs),
      raw_again_without_vacuum_ms: raw.map((fill) => fill.againAtOnceMs),
    },
  }
}

function wal({ rows: count, ours, raw }: Series): Measurement {
  return {
    row: rows.wal,
    value: ratioOfMedians(walBytes(ours), walBytes(raw)),
    raw: {
      ours_bytes_per_row: median(walBytes(ours)) / count,
      raw_bytes_per_row: median(walBytes(raw)) / count,
      ours_bytes: walBytes(ours),
      raw_bytes: walBytes(raw),
    },
  }
}

function exponent(series: readonly Series[]): Measurement {
  const points = (fills: (one: Series) => readonly Fill[]) =>
    series.map((one) => ({ size: one.rows, cost: median(ms(fills(one))) }))
  const ours = points((one) => one.ours)
  const raw = points((one) => one.raw)
  return {
    row: rows.exponent,
    value: exponentOf(ours),
    raw: {
      raw_exponent: exponentOf(raw),
      // The smallest table shows what a run costs at its beginning and end, which hides growth.
      exponent_without_smallest: exponentOf(ours.slice(1)),
      sizes: series.map((one) => one.rows),
      ours_ms: ours.map(({ cost }) => cost),
      raw_ms: raw.map(({ cost }) => cost),
      ours_heap_mb: series.map((one) => median(one.ours.map(({ heapBytes }) => heapBytes)) / 2 ** 20),
    },
  }
}

async function killSeveralTimes(bench: Bench, size: number): Promise<readonly Kill[]> {
  const template = await createTemplate(bench, size)
  const kills: Kill[] = []
  for (let round = 0; round < bench.rounds; round += 1) kills.push(await killBackfill(bench, template, size))
  await bench.dropDatabase(template)
  return kills
}

function redoPagesAfterKill(kills: readonly Kill[]): Measurement {
  const redone = kills.map(({ redonePages }) => redonePages)
  return {
    row: rows.redoPagesAfterKill,
    value: Math.max(...redone),
    raw: { redone_pages: redone, filled_at_kill_percent: kills.map(({ atPercent }) => atPercent) },
  }
}
