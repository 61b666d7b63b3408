import { describeRightProtocol } from './right-protocol.ts'
import { twoTablesWorlds } from './worlds/two-tables.ts'

describeRightProtocol('two tables', twoTablesWorlds)
