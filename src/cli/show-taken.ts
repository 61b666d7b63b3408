import type { Taken } from '../advance/prove.ts'
import {
  type BackfillProgress,
  type BackfillResult,
  plainLineEveryMs,
  progressBar,
  progressLine,
} from '../backfill/index.ts'
import type { VerificationResult } from '../verify/index.ts'
import { type ExitCode, exitCode } from './exit-code.ts'
import type { Output } from './output.ts'
import { count } from './rail.ts'

/** How a command ends that took a step. */
export function exitCodeOf(taken: Taken): ExitCode {
  if (taken.kind === 'moved') return exitCode.ok
  if (taken.result.outcome === 'interrupted') return exitCode.interrupted
  return taken.result.outcome === 'mismatches' ? exitCode.actionNeeded : exitCode.ok
}

/** Tells what a step did, in one line. */
export function showTaken(taken: Taken, does: string, output: Output): void {
  if (taken.kind === 'backfilled') {
    showBackfilled(taken.result, output)
  } else if (taken.kind === 'verified') {
    showVerified(taken.result, output)
  } else {
    output.line(`${output.style('green', '✓')} ${does.charAt(0).toUpperCase()}${does.slice(1)}.`)
  }
}

export function showBackfilled(result: BackfillResult, output: Output): void {
  output.line(backfilled(result, output.style('green', '✓')))
  showQuarantined(result, output)
}

function showQuarantined({ quarantined }: { readonly quarantined: number }, output: Output): void {
  if (quarantined === 0) return
  const rows = quarantined === 1 ? '1 row holds' : `${count(quarantined)} rows hold`
  output.line(`${rows} a value that the transform rejects. Their keys are in expand_contract.quarantine.`)
}

function backfilled({ rowsSeen, rowsChanged, resumed, elapsedMs, outcome }: BackfillResult, done: string): string {
  switch (outcome) {
    case 'already-done':
      return `${done} Filled already, by an earlier run: ${count(rowsSeen)} rows seen.`
    case 'interrupted':
      return `Interrupted after ${count(rowsSeen)} rows; a later run goes on from there.`
    case 'done':
      return `${done} ${resumed ? 'Went on and filled' : 'Filled'}: ${count(rowsSeen)} rows seen, ${count(rowsChanged)} written, in ${(elapsedMs / 1000).toFixed(1)} s.`
  }
}

export function showVerified(
  { rows, mismatches, repaired, quarantined, complete, outcome }: VerificationResult,
  output: Output,
): void {
  if (outcome === 'interrupted') {
    output.line('Interrupted; nothing is proved, and what was proved before stands.')
    return
  }
  if (repaired > 0) output.line(`Repaired ${count(repaired)} rows from the side that holds the truth.`)
  output.line(
    outcome === 'verified'
      ? `${output.style('green', '✓')} Verified: ${count(rows)} rows, 0 differ.`
      : `${output.style('red', '✗')} Compared ${count(rows)} rows${complete ? '' : ', then stopped'}: ${count(mismatches)} differ. Their keys are in expand_contract.mismatches.`,
  )
  showQuarantined({ quarantined }, output)
}

/** Shows the progress of a long step: a bar on a terminal, a line every few seconds elsewhere. */
export function stepProgress(output: Output): (progress: BackfillProgress) => void {
  let toldAt = 0
  return (progress) => {
    if (output.interactive) return output.status(progressBar(progress, output.columns - 1))
    if (Date.now() - toldAt < plainLineEveryMs) return
    toldAt = Date.now()
    output.line(progressLine(progress))
  }
}
