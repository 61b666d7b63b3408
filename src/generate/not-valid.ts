/** An `ADD CONSTRAINT` statement of drizzle-kit that leaves the rows that exist for VALIDATE. */
export function withNotValid(sql: string): string {
  return `${sql.trim().replace(/;$/, '')} NOT VALID`
}
