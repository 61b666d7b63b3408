import { describeRightProtocol } from './right-protocol.ts'
import { sameRow } from './same-row.ts'

describeRightProtocol('one row, old given up', ({ engine, copyBack }) => engine === sameRow && !copyBack)
