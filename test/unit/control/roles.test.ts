import { describe, expect, it } from 'vitest'
import { rolesSql } from '../../../src/control/roles.ts'

const input = { tables: [{ schema: 'a"b', name: 'u', columns: ['x'] }], journalSchema: 'drizzle', create: false }

describe('the name of a role', () => {
  // PostgreSQL takes "public" for everybody, quoted or not.
  it.each(['public', 'none', 'pg_monitor', '', ' ', '--application', 'x'.repeat(64), 'a\0b'])(
    '%j is refused',
    (name) => {
      expect(() => rolesSql({ ...input, roles: { application: name } })).toThrow(
        expect.objectContaining({ code: 'EC_OPTION_INVALID' }),
      )
    },
  )

  it('is quoted wherever it stands, and so are the tables', () => {
    const sections = rolesSql({ ...input, roles: { backfill: 'my "role"' } })
    expect(sections.flatMap(({ statements }) => statements)).toContain(
      'GRANT SELECT, UPDATE ("x") ON "a""b"."u" TO "my ""role"""',
    )
  })
})

describe('a part without a role', () => {
  it('gets nothing', () => {
    expect(rolesSql({ ...input, roles: { owner: 'o' } }).map(({ part }) => part)).toEqual(['owner'])
  })
})
