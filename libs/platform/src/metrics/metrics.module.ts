import { Global, Module, type DynamicModule } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { MetricsSettings } from './metrics-access.js';
import { MetricsRegistry } from './metrics-registry.js';
import { MetricsServer } from './metrics-server.js';
import { MetricsController } from './metrics.controller.js';

/** `/metrics` with process, garbage collector and event loop figures, and `MetricsRegistry` for everyone's own. */
@Global()
@Module({})
export class MetricsModule {
  static forRoot(settings: MetricsSettings): DynamicModule {
    const metrics = new MetricsRegistry();
    return {
      module: MetricsModule,
      imports: [
        PrometheusModule.register({
          path: 'metrics',
          controller: MetricsController,
          // A registry of this application's own: the library's global one cannot be filled twice in a process.
          defaultMetrics: { enabled: true, config: { register: metrics.registry } },
        }),
      ],
      providers: [
        { provide: MetricsRegistry, useValue: metrics },
        { provide: MetricsSettings, useValue: settings },
        MetricsServer,
      ],
      exports: [MetricsRegistry, MetricsSettings],
    };
  }
}
