import '@fontsource-variable/inter/index.css';
import '@fontsource-variable/jetbrains-mono/index.css';
import './styles/tokens.css';
import './styles/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { startEngine } from './lib/engine.ts';
import { startKeyboard } from './lib/keys.ts';
import { followEngine } from './lib/live.ts';
import { startTheme } from './lib/theme.ts';

startTheme();
startKeyboard();
void startEngine(followEngine);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
