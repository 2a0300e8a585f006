internal import BatonWire

/// `baton.scheduler.v1.Scheduler`: schedules that start runs.
///
/// No method is available in this version; the generated defaults say so (UNIMPLEMENTED).
package struct SchedulerService: Wire.SchedulerService {
  package init() {}
}
