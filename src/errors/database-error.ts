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
  return error.constructor.name === 'DrizzleQueryError' || /^[0-9A-Z]{5}$/.test(errorCode(error) ?? '')
}

/** A copy of a driver's error that holds no values. */
export function withoutValues(error: unknown): DatabaseError {
  const source = driverError(error)
  if (source === undefined) {
    // No code: a failure of the driver itself ("Connection terminated"). Drizzle's own message holds the parameters.
    const wrapped = error instanceof Error && error.constructor.name === 'DrizzleQueryError' ? error.cause : error
    return new DatabaseError('unknown', wrapped instanceof Error ? wrapped.message : 'the query failed', {})
  }
  const code = source.code as string
  const names: Partial<Record<(typeof objectNames)[number], string>> = {}
  for (const name of objectNames) {
    const value = source[name] ?? source[`${name}_name`]
    if (typeof value === 'string') names[name] = value
  }
  const systemError = !/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z]{4}$/.test(code)
  const message =
    systemError || classesWithoutValues.has(code.slice(0, 2))
      ? String(source.message ?? code)
      : `SQLSTATE ${code}${conditionNames[code] === undefined ? '' : ` (${conditionNames[code]})`}`
  return new DatabaseError(code, message || code, names)
}
