/** What a failed poll means. */
export interface PollProblem {
  readonly state: 'failing' | 'stopped'
  readonly reason: string
}

interface Rule {
  readonly pattern: RegExp
  readonly problem: (match: RegExpExecArray) => PollProblem
}

const notUnderstood = 'what the server answered could not be understood'
const failing = (reason: string): PollProblem => ({ state: 'failing', reason })

/**
 * unleash-client tells what happened to a poll by a sentence only, and its sentences hold addresses and pieces of what
 * the server sent. These are the ones of `lib/repository/polling-fetcher.js`, in our words.
 */
const rules: readonly Rule[] = [
  {
    // After these two the client sets no further timer.
    pattern: /responded (401|403) /,
    problem: ([, status]) => ({
      state: 'stopped',
      reason: `the server answered ${status}: it does not accept the API token, and the client has given up asking. Give it a valid token and restart the process`,
    }),
  },
  {
    pattern: /(?: responded |, but was )(?:[A-Z_]+ \()?(\d{3})/,
    problem: ([, status]) => failing(`the server answered ${status}`),
  },
  { pattern: /^Socket keep alive error/, problem: () => failing('the server closed the connection (ECONNRESET)') },
  {
    pattern:
      /^(?:Unleash Repository error: )?(?:Invalid API response|Client features was neither|feature\.\w+ should be)/,
    problem: () => failing(notUnderstood),
  },
  {
    // What its HTTP library says to every single poll, before any request is made.
    pattern: /minTimeout is greater than maxTimeout/,
    problem: () => failing('the client was made with a "timeout" below 1000 ms, with which unleash-client never asks'),
  },
]

/** What an `error` event of the client's repository says about the poll; every such event is about one. */
export function problemOfError(error: unknown): PollProblem {
  return problemOfText(error instanceof Error ? error.message : String(error)) ?? failing(reasonOf(error))
}

/** What a `warn` event says about the poll; undefined where it is about something else, as most warnings are. */
export function problemOfWarning(warning: unknown): PollProblem | undefined {
  return typeof warning === 'string' ? problemOfText(warning) : undefined
}

function problemOfText(text: string): PollProblem | undefined {
  for (const { pattern, problem } of rules) {
    const match = pattern.exec(text)
    if (match !== null) return problem(match)
  }
  return undefined
}

function reasonOf(error: unknown): string {
  const { name, code, type } = error as { name?: unknown; code?: unknown; type?: unknown }
  if (type === 'invalid-json') return notUnderstood
  if (type === 'request-timeout' || type === 'body-timeout') return 'the server did not answer in time'
  if (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) return `the server cannot be reached (${code})`
  return `the poll failed (${String(name)})`
}
