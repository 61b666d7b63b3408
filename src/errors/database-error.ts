/**
 * What PostgreSQL said, without what the rows held.
 *
 * A driver's error carries values in many places: Drizzle puts the parameters into its message, PostgreSQL puts the
 * offending row into `detail` and the input into messages of class 22. This class keeps the SQLSTATE and the names of
 * objects, and the message only where PostgreSQL makes it of names alone.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  /** SQLSTATE, for example `23505`; or the system's code (`ECONNREFUSED`) where no server answered. */
  readonly code: string
  readonly schema?: string
  readonly table?: string
  readonly column?: string
  readonly constraint?: string

  /** @internal Made by the toolkit alone; found as `cause` of its errors. */
  constructor(code: string, message: string, names: Partial<Record<(typeof objectNames)[number], string>>) {
    super(message)
    this.code = code
    Object.assign(this, names)
  }
}

const objectNames = ['schema', 'table', 'column', 'constraint'] as const

/** Classes of SQLSTATE whose primary message PostgreSQL builds from names of objects only, never from values. */
const classesWithoutValues = new Set([
  '08',
  '0A',
  '23',
  '25',
  '28',
  '3D',
  '3F',
  '40',
  '42',
  '53',
  '54',
  '55',
  '57',
  '58',
])

const conditionNames: Readonly<Record<string, string>> = {
  '22001': 'string data right truncation',
  '22003': 'numeric value out of range',
  '22007': 'invalid datetime format',
  '22008': 'datetime field overflow',
  '22012': 'division by zero',
  '22023': 'invalid parameter value',
  '22P02': 'invalid text representation',
  '22021': 'character not in repertoire',
  P0001: 'raised by a function or trigger',
}

interface DriverError {
  code?: unknown
  message?: unknown
  cause?: unknown
  errors?: unknown
  [name: string]: unknown
}

/** The error of the driver inside whatever wraps it (Drizzle's `DrizzleQueryError`, an `AggregateError`), if there is one. */
function driverError(error: unknown): DriverError | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 8; depth += 1) {
    const candidate = current as Error & DriverError
    if (typeof candidate.code === 'string') return candidate
    current = Array.isArray(candidate.errors) ? candidate.errors[0] : candidate.cause
  }
  return undefined
}

/** The SQLSTATE or system code of an error, however it is wrapped; undefined where there is none. */
export function errorCode(error: unknown): string | undefined {
  const code = driverError(error)?.code
  return typeof code === 'string' ? code : undefined
}

/** True for an error that comes from a driver or from Drizzle, so that it may hold values and has to be replaced. */
export function mayHoldValues(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DatabaseError) return false
  return error.constructor.name === 'DrizzleQueryError' || sqlState.test(errorCode(error) ?? '')
}

/** Classes of SQLSTATE, and codes of the system, with which a connection ends. */
const connectionEnds = /^(08|57P0|ECONNRESET$|EPIPE$|ETIMEDOUT$)/
const connectionEndSentences = /^(Connection terminated|Client has encountered a connection error)/

/** True for an error that says that the connection to the database broke after it had been made. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error) || error.name === 'ExpandContractError') return false
  return connectionEnds.test(errorCode(error) ?? '') || connectionEndSentences.test(withoutValues(error).message)
}

/**
 * A copy of a driver's error that holds no values.
 *
 * Its text stays only where it is known to be made of names: the classes above, the system's errors (`ECONNREFUSED`),
 * and the fixed sentences of the driver. Node's own errors quote what they were given (`… Received 'Ada'`).
 */
export function withoutValues(error: unknown): DatabaseError {
  const source = driverError(error)
  if (source === undefined) return new DatabaseError('unknown', textWithoutCode(error), {})
  const code = source.code as string
  const message = String(source.message ?? '')
  if (systemCode.test(code)) return new DatabaseError(code, message || code, {})
  if (!sqlState.test(code)) return new DatabaseError(neutralCode(code), withheld(source), {})
  const hasText = classesWithoutValues.has(code.slice(0, 2)) && message !== ''
  return new DatabaseError(code, hasText ? message : conditionOf(code), namesIn(source))
}

/** `ECONNREFUSED`, `EAI_AGAIN`; but not Node's `ERR_…`. */
const systemCode = /^E(AI_)?[A-Z]+$/
const sqlState = /^[0-9A-Z]{5}$/

/** What the driver itself says of a connection, without a code. */
const driverSentences = new Set([
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Connection terminated',
  'Connection terminated due to connection timeout',
  'Connection terminated unexpectedly',
  'Cannot use a pool after calling end on the pool',
  'Query read timeout',
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string',
  'The server does not support SSL connections',
  'timeout exceeded when trying to connect',
  'timeout expired',
])

/** Drizzle's own message holds the parameters, so what it wraps speaks. */
function textWithoutCode(error: unknown): string {
  const inner = error instanceof Error && error.constructor.name === 'DrizzleQueryError' ? error.cause : error
  return inner instanceof Error && driverSentences.has(inner.message) ? inner.message : withheld(inner)
}

function withheld(error: unknown): string {
  const what = error instanceof Error ? error.constructor.name : 'what was thrown'
  return `the driver failed (${what}; its text is left out, since it may hold values)`
}

/** Anybody may put anything into `code`; a code is a word in capitals. */
function neutralCode(code: string): string {
  return /^[A-Z][A-Z0-9_]*$/.test(code) ? code : 'unknown'
}

function conditionOf(code: string): string {
  return `SQLSTATE ${code}${conditionNames[code] === undefined ? '' : ` (${conditionNames[code]})`}`
}

function namesIn(source: DriverError): Partial<Record<(typeof objectNames)[number], string>> {
  const names: Partial<Record<(typeof objectNames)[number], string>> = {}
  for (const name of objectNames) {
    const value = source[name] ?? source[`${name}_name`]
    if (typeof value === 'string') names[name] = value
  }
  return names
}
