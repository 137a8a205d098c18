export { HIDDEN_IN_LINES, mark, shown } from '../../core/escape.ts';
