import { isBefore, type Phase } from './phase.ts'

/** A process with a valid lease, and what it says of one change. */
export interface LiveProcess {
  readonly name: string
  readonly release: string
  readonly host: string
  readonly pid: number
  /** Stands for all short-lived processes of the release; host and pid are those of the last one. */
  readonly isShared: boolean
  /** Who decides reads there: `database`, `unleash` … */
  readonly flags: string
  /** Undefined for a process that declares the table and not the change, and where its row cannot be believed. */
  readonly oldestPhase: Phase | undefined
  /** Likewise. */
  readonly newestPhase: Phase | undefined
  readonly keyedReads: {
    readonly old: number
    readonly new: number
    /** How long the last one on old lay back, in milliseconds, when the process last renewed its registration. */
    readonly lastOldAgoMs: number | null
  }
  /** Units of work that use the change and have been open for more than a minute. */
  readonly longUnits: number
  /** Since it last renewed its registration, in milliseconds. */
  readonly silentForMs: number
  /** It has missed renewals: it was stopped, hangs, or cannot reach the database. */
  readonly isSilent: boolean
  /** When its lease ends, unless it renews it; nobody waits for it from then on. Milliseconds from now. */
  readonly leaseEndsInMs: number
  /** Why what its row says cannot be believed, and what to do about it; undefined where it can. */
  readonly problem: string | undefined
}

/** Every open unit of work counts, not only what a process would decide now: a paused one wakes with its old decision. */
export function processesBelow(processes: readonly LiveProcess[], phase: Phase): readonly LiveProcess[] {
  return processes.filter(({ oldestPhase }) => oldestPhase === undefined || isBefore(oldestPhase, phase))
}

/** Those that may act by a phase after `phase`; one that does not know the change acts by none. */
export function processesAbove(processes: readonly LiveProcess[], phase: Phase): readonly LiveProcess[] {
  return processes.filter(
    ({ newestPhase, problem }) => problem !== undefined || (newestPhase !== undefined && isBefore(phase, newestPhase)),
  )
}

/** `billing 4f2a1c on web-3 (pid 812)`. */
export function processName({ name, release, host, pid, isShared }: LiveProcess): string {
  return isShared ? `${name} ${release} (short-lived, last on ${host})` : `${name} ${release} on ${host} (pid ${pid})`
}

/** Which process it is and where it stands with a change: `billing 4f2a1c on web-3 (pid 812) is at "dual-write"`. */
export function processStanding(process: LiveProcess): string {
  return `${processName(process)} ${processState(process)}`
}

/** Where a process stands with a change: `is at "dual-write" up to "read-new"`, or `is at "dual-write", silent for 9 s (its lease ends in 6 s)`. */
export function processState(process: LiveProcess): string {
  const { oldestPhase, newestPhase = oldestPhase, problem, longUnits, isSilent, silentForMs, leaseEndsInMs } = process
  const stand =
    problem !== undefined
      ? `cannot be judged: ${problem}`
      : oldestPhase === undefined
        ? 'does not know the change'
        : `is at "${oldestPhase}"${newestPhase === oldestPhase ? '' : ` up to "${newestPhase}"`}`
  return [
    stand,
    ...(longUnits > 0 ? [`${longUnits} unit(s) of work open for more than a minute`] : []),
    ...(isSilent ? [`silent for ${seconds(silentForMs)} (its lease ends in ${seconds(leaseEndsInMs)})`] : []),
  ].join(', ')
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.ceil(ms / 1_000))} s`
}
