import time
from gymdash_core import Simulation, SimulationStartConfig, SimStatus, SimStatusCode, SimStatusSubcode, StopSimException

class CountdownSimulation(Simulation):
    def __init__(self, config: SimulationStartConfig):
        super().__init__(config)
        self.result = None

    def create_kwarg_defaults(self):
        return {"total": 20, "period": 0.05, "pause_at": []}

    def _create_streamers(self, kwargs):
        pass

    def _setup(self, **kwargs):
        kwargs = self._overwrite_new_kwargs(self.kwarg_defaults, self.config.kwargs, kwargs)
        if kwargs["total"] <= 0:
            raise ValueError("total must be positive")

    def _run(self, **kwargs):
        kwargs = self._overwrite_new_kwargs(self.kwarg_defaults, self.config.kwargs, kwargs)
        try:
            for i in range(kwargs["total"]):
                if i in kwargs["pause_at"]:
                    self.interactor.add_control_request("custom_query", "Send custom_query with 'continue' to go on.")
                    while True:
                        triggered, custom = self.interactor.get_in("custom_query")
                        if triggered and "continue" in custom:
                            self.interactor.set_out("custom_query", custom)
                            break
                        if self.interactor.set_out_if_in("stop_simulation", True):
                            self.set_cancelled()
                            return
                        time.sleep(0.05)
                self.interactor.set_out_if_in("progress", (i, kwargs["total"]))
                if self.interactor.set_out_if_in("stop_simulation", True):
                    self.set_cancelled()
                    self.add_status(SimStatus(code=SimStatusCode.FAIL, subcode=SimStatusSubcode.STOPPED, details="Simulation stopped."))
                    return
                time.sleep(kwargs["period"])
            self.add_status(SimStatus(code=SimStatusCode.SUCCESS, details="Simulation successfully run."))
        except StopSimException:
            self._meta_failed = True
            self.add_status(SimStatus(code=SimStatusCode.FAIL, subcode=SimStatusSubcode.STOPPED, details="Simulation stopped."))
        except Exception as error:
            self._meta_failed = True
            self.add_error_details(str(error))
