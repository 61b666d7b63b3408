import { describeRightProtocol } from './right-protocol.ts'
import { twoTables } from './two-tables.ts'

describeRightProtocol('two tables', ({ engine }) => engine === twoTables)
