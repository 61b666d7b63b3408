import { describe, expect, it } from 'vitest'
import { planBack, planNext } from '../../../src/advance/plan.ts'
import { takeBack } from '../../../src/advance/take-back.ts'
import { takeNext } from '../../../src/advance/take-next.ts'
import { Ledger } from './ledger.ts'

describe('from each phase to the one before, with everybody writing at every stop, the ledger is right', () => {
  it('with copy-back: every step back is one step', async () => {
    const ledger = await Ledger.open()
    await ledger.forwardTo('contracted', ({ retiredAt }) => retiredAt !== null)
    await ledger.writeAll()
    const steps: string[] = []
    do {
      steps.push(await ledger.back())
      await ledger.writeAll()
      await ledger.expectRead()
      await ledger.expectBothSides()
    } while (steps.at(-1) !== 'expanded')
    expect(steps).toEqual(['unretire', 'read-new', 'read-switch', 'dual-write', 'expanded'])
  })

  it('without: old is filled and compared before it is read again', async () => {
    const ledger = await Ledger.open({ copyBack: false })
    await ledger.forwardTo('contracted', ({ retiredAt }) => retiredAt !== null)
    await ledger.writeAll()
    const steps: string[] = []
    do {
      steps.push(await ledger.back())
      await ledger.writeAll()
      await ledger.expectRead()
    } while (steps.at(-1) !== 'read-switch')
    await ledger.expectBothSides()
    expect(steps).toEqual(['unretire', 'read-new', 'backfill', 'verify', 'read-switch'])
    // And a second time, by the same way.
    await ledger.forwardTo('new-only')
    await ledger.writeAll()
    while ((await ledger.back()) !== 'read-switch') await ledger.writeAll()
    await ledger.expectBothSides()
    for (const _ of ['dual-write', 'expanded']) await ledger.back()
    await ledger.writeAll()
    await ledger.expectBothSides()
  })
})

describe('without a sync trigger', () => {
  it('every step back is open, and old is filled and compared before it is read again', async () => {
    const ledger = await Ledger.open({ sync: 'none' })
    await ledger.forwardTo('contracted', ({ retiredAt }) => retiredAt !== null)
    await ledger.writeByService()
    const steps: string[] = []
    do {
      steps.push(await ledger.back())
      await ledger.writeByService()
      await ledger.expectRead()
    } while (steps.at(-1) !== 'dual-write')
    await ledger.expectBothSides()
    expect(steps).toEqual(['unretire', 'read-new', 'backfill', 'verify', 'read-switch', 'dual-write'])
    await expect(ledger.back()).rejects.toMatchObject({ code: 'EC_GUARD_REFUSED' }) // new would stay empty, and may not
  })

  it('from dual-write nobody writes new any more, so that the proof begins anew the next time', async () => {
    const ledger = await Ledger.open({ sync: 'none' })
    await ledger.forwardTo('dual-write', ({ verifiedEpoch }) => verifiedEpoch !== null)
    await ledger.back()
    await ledger.writeByService()
    await ledger.expectRead()
    expect(await ledger.rowsThatDiffer()).toBeGreaterThan(0)
    expect(await ledger.next()).toBe('transition')
    expect((await planNext(ledger.renaming.target)).step).toEqual({ kind: 'backfill' })
    await ledger.forwardTo('read-switch')
    await ledger.expectBothSides()
  })
})

describe('with copy-back off', () => {
  it('old is left alone from new-only on, and a write of the very value that it still holds is seen', async () => {
    const ledger = await Ledger.open({ copyBack: false })
    await ledger.forwardTo('new-only', ({ trigger }) => trigger?.mode === 'forward')
    await ledger.updateByService(1, 'by the service')
    expect(await ledger.heldByOld(1)).toBe('name 1')
    expect(await ledger.updateByStranger(1, 'name 1')).toBe(true)
    await ledger.expectRead()
    await ledger.updateByService(1, 'again by the service')
    await ledger.forwardTo('new-only', ({ trigger }) => trigger?.mode === 'fence')
    expect(await ledger.updateByStranger(1, 'name 1')).toBe(false)
    await ledger.expectRead()
  })

  it('the same is seen while old is being filled again', async () => {
    const ledger = await Ledger.open({ copyBack: false })
    await ledger.forwardTo('new-only')
    await ledger.updateByService(1, 'by the service')
    expect(await ledger.back()).toBe('read-new')
    await ledger.updateByStranger(1, 'name 1')
    await ledger.expectRead()
    while ((await ledger.back()) !== 'read-switch');
    await ledger.expectBothSides()
  })

  it('there is a way forward from read-new at once, and back again later', async () => {
    const ledger = await Ledger.open({ copyBack: false })
    await ledger.forwardTo('new-only')
    await ledger.writeAll()
    await ledger.back()
    await ledger.writeAll()
    expect((await planNext(ledger.renaming.target)).step).toEqual({ kind: 'transition', to: 'new-only' })
    await ledger.forwardTo('new-only', ({ trigger }) => trigger?.mode === 'fence')
    await ledger.writeAll()
    await ledger.expectRead()
    while ((await ledger.back()) !== 'read-switch') await ledger.writeAll()
    await ledger.expectBothSides()
  })

  it('the transition into read-switch is refused while old may be behind, whoever plans it', async () => {
    const ledger = await Ledger.open({ copyBack: false })
    await ledger.forwardTo('new-only')
    await ledger.updateByService(1, 'by the service')
    await ledger.back()
    const { target } = ledger.renaming
    const plan = await planBack(target)
    expect(plan.way.map(({ kind }) => kind)).toEqual(['backfill', 'verify', 'transition'])
    const hasty = { ...plan, step: { kind: 'transition', to: 'read-switch' }, blockers: [] } as const
    await expect(takeBack(target, hasty)).rejects.toMatchObject({
      code: 'EC_GUARD_REFUSED',
      message: expect.stringContaining('has not been written all the time'),
    })
    expect((await ledger.facts()).phase).toBe('read-new')
  })
})

describe('arming', () => {
  it.each([
    [true, 'new', 'both'],
    [false, 'fence', 'forward'],
  ] as const)('is undone by every step back (copy-back: %s)', async (copyBack, armed, disarmed) => {
    const ledger = await Ledger.open({ copyBack })
    await ledger.forwardTo('contracted')
    expect((await ledger.facts()).trigger?.mode).toBe(armed)
    expect(await ledger.insertByStranger()).toBe(false)
    await ledger.back()
    expect(await ledger.facts()).toMatchObject({ phase: 'new-only', trigger: { mode: disarmed } })
    expect(await ledger.insertByStranger()).toBe(true)
    await ledger.forwardTo('new-only', ({ trigger }) => trigger?.mode === armed)
    await ledger.back()
    expect(await ledger.facts()).toMatchObject({ phase: 'read-new', trigger: { mode: 'both' } })
    expect(await ledger.insertByStranger()).toBe(true)
    await ledger.expectRead()
  })
})

describe('`back` and `next` at once', () => {
  it('one of them wins, and the other changes nothing', async () => {
    const ledger = await Ledger.open({ copyBack: false })
    await ledger.forwardTo('read-new', ({ steps }) => steps.handover === 'deferred')
    const { target } = ledger.renaming
    const [forward, backward] = [await planNext(target), await planBack(target)]
    await takeBack(target, backward)
    await expect(takeNext(target, forward)).rejects.toMatchObject({ code: 'EC_EPOCH_CONFLICT' })
    expect(await ledger.facts()).toMatchObject({ phase: 'read-switch', trigger: { mode: 'old' } })
  })
})
