import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Subject } from '../subjects/subject.ts'
import { Keeper } from './keeper.ts'
import { type Ground, type PlayOptions, type Run, runScenario } from './run-scenario.ts'
import { Server } from './server.ts'

/** A PostgreSQL server with everything that faults need, and whoever clears up after it. */
export class Lab {
  readonly #ground: Ground

  private constructor(ground: Ground) {
    this.#ground = ground
  }

  static async open(): Promise<Lab> {
    const keeper = new Keeper()
    const folder = mkdtempSync(join(tmpdir(), 'expand-contract-lab-'))
    keeper.keepFolder(folder)
    try {
      return new Lab({ server: await Server.start(), keeper, folder })
    } catch (error) {
      await keeper.end()
      throw error
    }
  }

  run(subject: Subject, scenario: Scenario, options: PlayOptions): Promise<Run> {
    return runScenario(this.#ground, subject, scenario, options)
  }

  async close(): Promise<void> {
    await this.#ground.server.stop()
    await this.#ground.keeper.end()
  }
}
