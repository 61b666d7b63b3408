import { expectToSurvive } from '../story/survival.ts'

expectToSurvive('copy-back')
