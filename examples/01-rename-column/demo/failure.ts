/**
 * The SQLSTATE of what a request threw, however it is wrapped; undefined where the database did not answer. Messages are
 * left alone: those of Drizzle and pg hold row values.
 */
export function sqlState(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code } = current as { code?: unknown }
    // EPIPE has the looks of one, and is the system's word for a connection that broke.
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE') return code
  }
  return undefined
}
