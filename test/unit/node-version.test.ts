import { expect, test } from 'vitest'

test('the tests run on Node 24 or later, the one that npm installs', () => {
  const major = Number(process.versions.node.split('.')[0])
  expect(
    major,
    `This is Node ${process.version}. \`npm ci\` installs Node 24 as a development dependency by an install script: run ` +
      '`npm ci` again without --ignore-scripts, and start the tests with `npm test`, or with a Node 24 of your own.',
  ).toBeGreaterThanOrEqual(24)
})
