#!/bin/bash
#
# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
#
# devstack/plugin.sh
# Installs and runs Convection in a DevStack. Dispatches the phases of stack.sh
# to the functions of lib/convection.

# Save trace setting
_XTRACE_CONVECTION_PLUGIN=$(set +o | grep xtrace)
set +o xtrace

source "$CONVECTION_DIR/devstack/lib/convection"

if is_convection_enabled; then
    if [[ "$1" == "stack" && "$2" == "install" ]]; then
        echo_summary "Installing Convection"
        install_convection
        install_convectionclient
        stack_install_service convection
    elif [[ "$1" == "stack" && "$2" == "post-config" ]]; then
        echo_summary "Configuring Convection"
        configure_convection
        create_convection_accounts
    elif [[ "$1" == "stack" && "$2" == "extra" ]]; then
        echo_summary "Starting Convection"
        init_convection
        start_convection
    fi

    if [[ "$1" == "unstack" ]]; then
        stop_convection
    fi

    if [[ "$1" == "clean" ]]; then
        cleanup_convection
    fi
fi

# Restore xtrace
$_XTRACE_CONVECTION_PLUGIN
