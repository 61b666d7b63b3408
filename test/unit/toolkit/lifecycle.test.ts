import { beforeEach, describe, expect, it } from 'vitest'
import { Lifecycle } from '../../../src/toolkit/lifecycle.ts'

type Settle = { readonly succeed: () => void; readonly fail: (error: Error) => void }

/** A service whose beginnings and ends last until the test settles them. */
function slowService() {
  const said: string[] = []
  const underWay: Settle[] = []
  const act = async (name: string) => {
    said.push(`${name} …`)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    underWay.push({ succeed: resolve, fail: reject })
    await promise.finally(() => said.push(name))
  }
  const isUnderWay = () => expect.poll(() => underWay.length).toBe(1)
  const settled = async (how: (one: Settle) => void) => {
    await isUnderWay()
    how(underWay.shift()!)
  }
  return {
    said,
    underWay,
    isUnderWay,
    begin: () => act('begin'),
    end: () => act('end'),
    succeeds: () => settled((one) => one.succeed()),
    fails: (message: string) => settled((one) => one.fail(new Error(message))),
  }
}

const notStarted = { code: 'EC_NOT_STARTED' }
let service: ReturnType<typeof slowService>
let lifecycle: Lifecycle

beforeEach(() => {
  service = slowService()
  lifecycle = new Lifecycle(service, 60_000)
})

async function start(): Promise<void> {
  const starting = lifecycle.start()
  await service.succeeds()
  await starting
}

describe('start', () => {
  it('is one, however often it is called', async () => {
    const starts = [lifecycle.start(), lifecycle.start()]
    await service.succeeds()
    await Promise.all([...starts, lifecycle.start()])
    expect(service.said).toEqual(['begin …', 'begin'])
  })

  it('that fails ends what it has begun, tells why, and can be repeated', async () => {
    const starting = lifecycle.start()
    await service.fails('no flags')
    await service.fails('nor a registry')
    await expect(starting).rejects.toThrow('no flags')
    await start()
    expect(service.said).toEqual(['begin …', 'begin', 'end …', 'end', 'begin …', 'begin'])
  })

  it('after one that fails waits until that has ended what it had begun, and is not undone by it', async () => {
    const failing = lifecycle.start()
    await service.fails('no flags')
    await expect.poll(() => service.said.at(-1)).toBe('end …')
    const next = lifecycle.start()
    await service.succeeds()
    await expect(failing).rejects.toThrow('no flags')
    await service.succeeds()
    await next
    expect(lifecycle.start()).toBe(next)
    expect(service.said).toEqual(['begin …', 'begin', 'end …', 'end', 'begin …', 'begin'])
  })

  it('during a stop begins once that is over, also where it failed', async () => {
    await start()
    const stopping = lifecycle.stop()
    const next = lifecycle.start()
    await service.fails('no registry')
    await expect(stopping).rejects.toThrow('no registry')
    await service.succeeds()
    await next
    expect(service.said).toEqual(['begin …', 'begin', 'end …', 'end', 'begin …', 'begin'])
  })
})

describe('stop', () => {
  it('has nothing to do before a start and after a stop', async () => {
    await lifecycle.stop()
    await start()
    const stops = [lifecycle.stop(), lifecycle.stop()]
    await service.succeeds()
    await Promise.all([...stops, lifecycle.stop()])
    expect(service.said).toEqual(['begin …', 'begin', 'end …', 'end'])
  })

  it('during a start has that reject, and ends once it has', async () => {
    const starting = lifecycle.start()
    await service.isUnderWay()
    const stopping = lifecycle.stop()
    await service.succeeds()
    await expect(starting).rejects.toMatchObject(notStarted)
    await service.succeeds()
    await stopping
    expect(service.said).toEqual(['begin …', 'begin', 'end …', 'end'])
  })

  it('during a start that fails ends what that has begun once', async () => {
    const starting = lifecycle.start()
    await service.isUnderWay()
    const stopping = lifecycle.stop()
    await service.fails('no flags')
    await expect(starting).rejects.toMatchObject(notStarted)
    await service.succeeds()
    await stopping
    expect(service.said).toEqual(['begin …', 'begin', 'end …', 'end'])
  })

  it('during a start that waits for the stop before has nothing begin', async () => {
    await start()
    const first = lifecycle.stop()
    const next = lifecycle.start()
    const second = lifecycle.stop()
    await service.succeeds()
    await expect(next).rejects.toMatchObject(notStarted)
    await service.succeeds()
    await Promise.all([first, second])
    expect(service.said.filter((what) => what === 'begin …')).toHaveLength(1)
  })

  it('does not wait for ever for a start that hangs', async () => {
    const impatient = new Lifecycle(service, 1)
    const starting = impatient.start()
    await service.isUnderWay()
    const stopping = impatient.stop()
    await expect.poll(() => service.said).toEqual(['begin …', 'end …'])
    for (const one of service.underWay) one.succeed()
    await stopping
    await expect(starting).rejects.toMatchObject(notStarted)
  })
})
