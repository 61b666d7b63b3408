import { expect, test } from 'vitest'
import { refuseHandedOver } from '../../../src/generate/index.ts'
import { renameFolder } from '../migrate/folder.ts'
import { makeSubject, setPhase } from '../migrate/subject.ts'

test('a change is not given up where one database has handed it over, nor where that was made with all steps at once', async () => {
  const [subject, fresh] = [await makeSubject(), await makeSubject()]
  const folder = await renameFolder()
  await refuseHandedOver(subject.session, 'user-full-name')
  await subject.migrate(folder.upTo(folder.tags[0]!))
  await subject.migrate(folder)
  await refuseHandedOver(subject.session, 'user-full-name')

  await setPhase(subject, 'read-new')
  await subject.migrate(folder)
  await setPhase(subject, 'expanded')
  const refused = { code: 'EC_GENERATE', message: expect.stringContaining('its handover step has been applied') }
  await expect(refuseHandedOver(subject.session, 'user-full-name')).rejects.toMatchObject(refused)

  await fresh.migrate(folder)
  await expect(refuseHandedOver(fresh.session, 'user-full-name')).rejects.toMatchObject({
    ...refused,
    fix: expect.stringContaining('If that database is one to throw away'),
  })
})
