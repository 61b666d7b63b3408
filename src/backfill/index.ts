export { backfillPhases, directionIn } from './allowed-phases.ts'
export type { BackfillProgress } from './progress.ts'
export { plainLineEveryMs, progressBar, progressLine } from './progress-text.ts'
export { type BackfillOptions, type BackfillResult, runBackfill } from './run-backfill.ts'
