import type { Taken } from '../advance/take-next.ts'
import { type BackfillProgress, plainLineEveryMs, progressBar, progressLine } from '../backfill/index.ts'
import type { VerificationResult } from '../verify/index.ts'
import type { Output } from './output.ts'
import { count } from './rail.ts'

/** Tells what a step did, in one line. */
export function showTaken(taken: Taken, does: string, output: Output): void {
  const done = output.style('green', '✓')
  if (taken.kind === 'backfilled') {
    const { rowsSeen, rowsChanged, resumed, elapsedMs, outcome } = taken.result
    if (outcome === 'already-done')
      return output.line(`${done} Filled already, by an earlier run: ${count(rowsSeen)} rows seen.`)
    if (outcome === 'interrupted')
      return output.line(`Interrupted after ${count(rowsSeen)} rows; a later run goes on from there.`)
    output.line(
      `${done} ${resumed ? 'Went on and filled' : 'Filled'}: ${count(rowsSeen)} rows seen, ${count(rowsChanged)} written, in ${(elapsedMs / 1000).toFixed(1)} s.`,
    )
  } else if (taken.kind === 'verified') {
    showVerified(taken.result, output)
  } else {
    output.line(`${done} ${does.charAt(0).toUpperCase()}${does.slice(1)}.`)
  }
}

export function showVerified(
  { rows, mismatches, repaired, complete, outcome }: VerificationResult,
  output: Output,
): void {
  if (outcome === 'interrupted')
    return output.line('Interrupted; nothing is proved, and what was proved before stands.')
  if (repaired > 0) output.line(`Repaired ${count(repaired)} rows from the side that holds the truth.`)
  output.line(
    outcome === 'verified'
      ? `${output.style('green', '✓')} Verified: ${count(rows)} rows, 0 differ.`
      : `${output.style('red', '✗')} Compared ${count(rows)} rows${complete ? '' : ', then gave up'}: ${count(mismatches)} differ. Their keys are in expand_contract.mismatches.`,
  )
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
