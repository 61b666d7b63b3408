import { vi } from 'vitest'
import type * as Pages from '../../src/backfill/page-statement.ts'
import { identifier, qualified } from '../../src/sql/identifier.ts'
import { keyColumns, keyOrder } from '../../src/walk/key-sql.ts'
import { expectToDie } from './story/expectations.ts'

/** Pages by OFFSET: a row that is deleted behind the cursor moves all others forward, past it. */
vi.mock('../../src/backfill/page-statement.ts', async (importActual) => {
  const actual = await importActual<typeof Pages>()
  const pageStatement: typeof actual.pageStatement = ({ run, sides, key, rows }) => `WITH page AS MATERIALIZED (
  SELECT ${keyColumns(key)} FROM ${qualified(sides.table)} AS t ORDER BY ${keyOrder(key)}
   LIMIT ${rows} OFFSET (SELECT rows_seen FROM expand_contract.backfills WHERE run = ${run})
), copied AS (
  UPDATE ${qualified(sides.table)} AS t SET ${identifier(sides.next[0]!.name)} = t.${identifier(sides.old[0]!.name)}
   WHERE (${keyColumns(key)}) IN (SELECT * FROM page)
     AND t.${identifier(sides.next[0]!.name)} IS DISTINCT FROM t.${identifier(sides.old[0]!.name)}
  RETURNING 1
)
UPDATE expand_contract.backfills AS b
   SET cursor = '[]', pages = pages + 1, updated_at = clock_timestamp(),
       rows_seen = rows_seen + (SELECT count(*) FROM page), rows_changed = rows_changed + (SELECT count(*) FROM copied)
 WHERE b.run = ${run}
RETURNING pages::float8 AS "pages", (SELECT count(*) FROM page)::float8 AS "pageRows",
          rows_seen::float8 AS "rowsSeen", rows_changed::float8 AS "rowsChanged"`
  return { ...actual, pageStatement }
})

expectToDie('offset-paging')
