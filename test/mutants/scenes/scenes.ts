import type { Violation } from '../story/violations.ts'
import { armWhileAProcessIsBehind } from './arm-while-a-process-is-behind.ts'
import { inWorld } from './in-world.ts'
import { labelAddedWhileItIsVerified } from './label-added-while-it-is-verified.ts'
import { mendWhileItIsVerified } from './mend-while-it-is-verified.ts'
import { rejectedBeforeTheLock } from './rejected-before-the-lock.ts'
import { rejectedInReadSwitch } from './rejected-in-read-switch.ts'
import { snapshotFromBefore } from './snapshot-from-before.ts'
import { withTickets } from './tickets.ts'
import { writtenWithALoss } from './written-with-a-loss.ts'

/** What a story would meet by luck alone: one interleaving, forced step by step. Says which promises were broken. */
export type Scene = () => Promise<readonly Violation[]>

export const scenes = {
  'arm while a process is behind': inWorld('copy-back', armWhileAProcessIsBehind),
  'mend while it is verified': inWorld('copy-back', mendWhileItIsVerified),
  'snapshot from before': inWorld('no-copy-back', snapshotFromBefore),
  'rejected before the lock': withTickets(rejectedBeforeTheLock),
  'label added while it is verified': withTickets(labelAddedWhileItIsVerified),
  'rejected in read-switch': withTickets(rejectedInReadSwitch),
  'written with a loss': withTickets(writtenWithALoss),
} as const satisfies Record<string, Scene>

export type SceneName = keyof typeof scenes
export const sceneNames = Object.keys(scenes) as SceneName[]
