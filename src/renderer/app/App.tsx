import { QueryClientProvider } from '@tanstack/react-query';
import { Providers } from '../components/Providers.tsx';
import { queryClient } from '../lib/queries.ts';
import { Frame } from './Frame.tsx';

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Providers>
        <Frame />
      </Providers>
    </QueryClientProvider>
  );
}
