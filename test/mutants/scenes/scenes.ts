import type { Variant } from '../story/variants.ts'
import type { World } from '../story/world.ts'
import { armWhileAProcessIsBehind } from './arm-while-a-process-is-behind.ts'
import { mendWhileItIsVerified } from './mend-while-it-is-verified.ts'
import { snapshotFromBefore } from './snapshot-from-before.ts'

/** What a story would meet by luck alone: one interleaving, forced step by step. */
export interface Scene {
  readonly variant: Variant
  readonly play: (world: World) => Promise<void>
}

export const scenes = {
  'arm while a process is behind': { variant: 'copy-back', play: armWhileAProcessIsBehind },
  'mend while it is verified': { variant: 'copy-back', play: mendWhileItIsVerified },
  'snapshot from before': { variant: 'no-copy-back', play: snapshotFromBefore },
} as const satisfies Record<string, Scene>

export type SceneName = keyof typeof scenes
export const sceneNames = Object.keys(scenes) as SceneName[]
