// The part with strings and conversions.

import type { Operations } from '../registry.ts'
import { conversionTerms } from './conversions.ts'
import { stringTerms } from './strings.ts'

export const terms: Operations = { ...conversionTerms, ...stringTerms }
