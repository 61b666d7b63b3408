import { describe, expect, test } from 'vitest'
import { Starter } from '../../support/starters.ts'
import { expectNoTraces, segmentCreators, tracesOf } from '../../support/traces.ts'

const byItself = [
  { name: 'stop()', ending: 'stop' },
  { name: 'process.exit()', ending: 'exit' },
  { name: 'an uncaught exception', ending: 'throw' },
  { name: 'having nothing left to do, without stop()', ending: 'forget' },
]

const bySignal: readonly { readonly name: string; readonly send: (starter: Starter) => void }[] = [
  { name: 'Ctrl-C', send: (starter) => starter.signalGroup('SIGINT') },
  { name: 'SIGTERM', send: (starter) => starter.signal('SIGTERM') },
  { name: 'SIGKILL', send: (starter) => starter.signal('SIGKILL') },
]

describe.concurrent('nothing is left when a running server’s starter ends by', () => {
  test.each(byItself)('$name', async ({ ending }) => {
    const starter = new Starter()
    const { directory } = await starter.started
    expect(tracesOf(starter.temporary)).toContain(directory)
    starter.tell(ending)
    await expectNoTraces(starter.temporary)
  })

  test.each(bySignal)('$name', async ({ send }) => {
    const starter = new Starter()
    const { directory } = await starter.started
    expect(tracesOf(starter.temporary)).toContain(directory)
    send(starter)
    await expectNoTraces(starter.temporary)
  })
})

describe.concurrent('nothing is left when, during initdb, the starter ends by', () => {
  test.each(bySignal)('$name', async ({ send }) => {
    const starter = new Starter()
    const standaloneServer = await starter.initialising()
    send(starter)
    await expectNoTraces(starter.temporary)
    expect(segmentCreators()).not.toContain(standaloneServer)
  })
})

describe.concurrent('where the supervisor is killed', () => {
  test('stop() removes what it has left', async () => {
    const starter = new Starter()
    const { directory } = await starter.started
    process.kill(await starter.supervisor(), 'SIGKILL')
    expect(tracesOf(starter.temporary)).toContain(directory)
    starter.tell('stop')
    await expectNoTraces(starter.temporary)
  })

  test('together with the starter, the next start removes what they have left', async () => {
    const first = new Starter()
    const { directory } = await first.started
    process.kill(await first.supervisor(), 'SIGKILL')
    first.signal('SIGKILL')

    const second = new Starter({ temporary: first.temporary })
    await second.started
    expect(tracesOf(first.temporary)).not.toContain(directory)
    second.tell('stop')
    await expectNoTraces(first.temporary)
  })

  test('during initdb, together with the starter, the next start removes what they have left', async () => {
    const first = new Starter()
    await first.initialising()
    process.kill(await first.supervisor(), 'SIGKILL')
    first.signal('SIGKILL')

    const second = new Starter({ temporary: first.temporary })
    await second.started
    second.tell('stop')
    await expectNoTraces(first.temporary)
  })

  test('a server whose supervisor lives is left alone by the next start', async () => {
    const first = new Starter()
    const { directory } = await first.started
    const second = new Starter({ temporary: first.temporary })
    await second.started
    expect(tracesOf(first.temporary)).toContain(directory)
    first.tell('stop')
    second.tell('stop')
    await expectNoTraces(first.temporary)
  })
})
