import { describeRightProtocol } from './right-protocol.ts'
import { oldGivenUpWorlds } from './worlds/old-given-up.ts'

describeRightProtocol('one row, old given up', oldGivenUpWorlds)
