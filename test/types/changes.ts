import { renameColumn } from '../../src/change/rename-column.ts'
import { things, users } from './schema.ts'

export const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })
export const userNickname = renameColumn({ id: 'user-nickname', table: users, from: 'nick', to: 'nickname' })
export const userJoinedAt = renameColumn({ id: 'user-joined-at', table: users, from: 'joined', to: 'joinedAt' })
export const thingState = renameColumn({ id: 'thing-state', table: things, from: 'mood', to: 'state' })
export const thingLabels = renameColumn({ id: 'thing-labels', table: things, from: 'tags', to: 'labels' })
export const thingDetails = renameColumn({ id: 'thing-details', table: things, from: 'meta', to: 'details' })
export const notAChange = 42
