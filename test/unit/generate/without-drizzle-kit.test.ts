import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = `
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.startsWith('drizzle-kit')) return next(specifier, context)
      throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
    },
  })
  const { generateMigrations } = await import('./src/generate/generate.ts')
  const error = await generateMigrations({ folder: 'none', schema: {}, changes: [] }).catch((reason) => reason)
  console.log(error.code, error.message, error.fix)
`

test('where drizzle-kit is not installed, the error says what to install', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(output).toContain('EC_GENERATE drizzle-kit, which compares the schema with the migrations, is not installed.')
  expect(output).toContain('npm install --save-dev drizzle-kit@^0.31')
})
