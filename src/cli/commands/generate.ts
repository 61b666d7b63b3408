import { relative } from 'node:path'
import { loadSchema, openProject } from '../../config/project.ts'
import { generateMigrations } from '../../generate/index.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'

export default command({
  name: 'generate',
  description: 'Write migrations from the schema and the declared changes',
  args: {
    name: { type: 'string', description: 'Name of the ordinary migration', valueHint: 'name' },
    'dry-run': { type: 'boolean', description: 'Show the SQL, and write nothing' },
  },
  async run({ args, output }) {
    const project = await openProject(args)
    const dryRun = Boolean(args['dry-run'])
    const { files, notes } = await generateMigrations({
      folder: project.migrationsFolder,
      schema: await loadSchema(project),
      changes: project.changes,
      dryRun,
      ...(project.config.casing === undefined ? {} : { casing: project.config.casing }),
      ...(args.name === undefined ? {} : { name: args.name }),
    })
    for (const { path, step, text } of files) {
      output.line(
        `${output.style('green', '+')} ${relative(process.cwd(), path)}${step === undefined ? '' : output.style('dim', `  ${step}`)}`,
      )
      if (dryRun) output.line(`\n${text}`)
    }
    for (const note of notes) output.line(`${output.style('yellow', 'note')}  ${note}`)
    output.line(nextHint(files.length, dryRun))
    output.result({ files: files.map(({ text, ...file }) => (dryRun ? { ...file, text } : file)), notes, dryRun })
    return exitCode.ok
  },
})

function nextHint(files: number, dryRun: boolean): string {
  if (files === 0) return 'Nothing to do: the migrations say what the schema says.'
  return dryRun ? 'Nothing was written.' : 'Next: review them, commit them, then `npx expand-contract migrate`.'
}
