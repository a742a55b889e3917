// `changes`.

import { fail } from './errors.ts'
import { define } from './registry.ts'

define({ changes: () => fail('Changefeeds are not supported yet.') })
