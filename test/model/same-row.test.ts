import { describeRightProtocol } from './right-protocol.ts'
import { sameRowWorlds } from './worlds/same-row.ts'

describeRightProtocol('one row, old in sync', sameRowWorlds)
