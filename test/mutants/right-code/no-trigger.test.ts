import { expectToSurvive } from '../story/survival.ts'

expectToSurvive('no-trigger')
